"""How photographs lie on the radiograph: found from the images, or from landmarks."""
