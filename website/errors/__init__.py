"""The page of all error sentences, their causes and remedies: collected from the code, explained in catalogue.yaml."""
