// The surface of this target comes with its first file.
