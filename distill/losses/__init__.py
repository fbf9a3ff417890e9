"""The losses of step 2, one per file. Each maps features of the student and targets to a scalar."""
