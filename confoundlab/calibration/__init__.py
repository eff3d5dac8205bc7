"""How often the tests err: data of known truth, trials on them, rates of error."""
