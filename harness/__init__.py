"""The judge, its workers and the exercise contract. Importing this package does nothing."""
