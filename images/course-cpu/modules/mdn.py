"""The name that keras-mdn-layer had before 0.4, under which the course's notebooks import it."""

from keras_mdn_layer import *  # noqa: F403
