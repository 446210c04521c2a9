// A patrol plan, overdue at once in the clock of a test? No: told by its timer, which is set to the shortest there is.
