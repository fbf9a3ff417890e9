"""The REST API of the page: endpoints with their structs, from which the OpenAPI document is made."""
