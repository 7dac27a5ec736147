"""What exports are made of: JSON, CSV, protobuf, URIs and encryption, and how they are
recognised."""
