"""What the package promises about joiners, movers and leavers, and where each promise is proven."""
