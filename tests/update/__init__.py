"""`copier update` on projects that people have edited: nothing lost, nothing left over."""
