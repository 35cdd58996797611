"""The study browser: patients, studies and series of what is open, with thumbnails and problems."""
