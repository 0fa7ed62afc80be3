"""What the operator and the world reach by HTTP: the listeners that receive routes and pages from the others."""
