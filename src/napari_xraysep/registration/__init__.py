"""How photographs lie on the radiograph: found from the images, or from landmarks."""


class Cancelled(Exception):
    """The user stopped a registration; raised by what it tells how far it is."""
