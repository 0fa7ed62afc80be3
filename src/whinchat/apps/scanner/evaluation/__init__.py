"""How good the verdicts are, measured on links and messages whose nature is known."""
