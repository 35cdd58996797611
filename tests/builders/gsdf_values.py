"""Values of the Grayscale Standard Display Function to be held against (PS3.14 7.1): cd/m² by JND index."""

LUMINANCES = {
    1: 0.049982,
    2: 0.054679,
    10: 0.099066,
    100: 1.850833,
    200: 8.217852,
    400: 55.364007,
    512: 130.065284,
    700: 480.499895,
    900: 1795.081,
    1023: 3993.330,
}
