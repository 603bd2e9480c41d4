// A header needs a source to be compiled beside.
