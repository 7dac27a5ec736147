"""What the OpenID provider keeps in the database: keys, who has signed in, authorization codes."""
