"""What known templates say, as tables (PS3.16): measurements, CAD, dose. The generic tree is shown beside them."""
