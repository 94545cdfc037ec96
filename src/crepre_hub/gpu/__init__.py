"""
Who may hold which GPU, how much of it and until when: values in, values out.

*claim*: a wish for a GPU share, waiting or not · *offer*: a share kept for the first in line while
the claim window runs · *lease*: a share held until a moment · *reservation*: shares kept for a
course during an interval · *place*: one share of a reservation · *book*: all of this at one moment.
"""
