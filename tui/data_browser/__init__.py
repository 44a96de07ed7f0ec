"""The images of a session beside what its model makes of them."""
