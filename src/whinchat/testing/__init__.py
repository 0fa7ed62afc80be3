"""What ships for tests: fakes of the ports, which import the core only."""
