"""Other archives: which there are, what is found in them, fetched from them and sent to them, and what they promise.

Joins the network's services with the library. May import reception, library, network and what is below; knows no Qt
and no window.
"""
