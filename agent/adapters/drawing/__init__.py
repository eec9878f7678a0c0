"""Garments and shops drawn with OpenCV and numpy alone: no picture is loaded, a seed decides everything."""
