"""AIM 4 (Annotation and Image Markup): annotations of images as XML; PS3.21 stands between them and reports."""
