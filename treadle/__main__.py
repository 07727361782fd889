"""`python -m treadle` is the command `treadle`, whatever the folder of scripts is called."""

from treadle.cli import main

if __name__ == "__main__":
    main()
