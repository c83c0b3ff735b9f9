"""What the tests of the rehearsal share, and the product's tests use as well: clients, realms, fixtures."""
