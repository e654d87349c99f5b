"""``python -m app``."""

import gc

if __name__ == "__main__":
    gc.disable()  # what is imported stays: looking through it for garbage costs a tenth of the start
    from app.cli import main

    gc.freeze()
    gc.enable()
    main()
