"""``python -m crepre_seat``: a student's server."""

from crepre_seat.start import main

main()
