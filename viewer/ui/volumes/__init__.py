"""What the window shows of volumes: crosshairs, the 3D view, and the page of the right side that steers them."""
