"""The screens of the app: what is shown at once, and what keys do there."""
