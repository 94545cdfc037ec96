"""``python -m crepre_hub.hub``: the hub's process."""

from crepre_hub.hub.app import main

if __name__ == "__main__":
    main()
