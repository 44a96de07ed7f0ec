"""Named settings: presets, the two-minute demo, a first sweep."""

from __future__ import annotations

from vae_engine.settings import SettingValue

DEMO = "two-minute demo"
PRESETS: dict[str, dict[str, SettingValue]] = {
    "d = 2": {"latent_dim": 2},
    "d = 8": {"latent_dim": 8},
    "d = 16": {"latent_dim": 16},
    DEMO: {
        "latent_dim": 2,
        "epochs": 5,
        "min_epochs": 5,
        "decay_epochs": 4,
        "learning_rate": 4e-3,
    },
}
"""Settings of each preset that differ from the defaults."""

SWEEP_TEXTS = {"latent_dim": "2,8,16", "seeds": "3"}
"""The default of the form for a new sweep."""
