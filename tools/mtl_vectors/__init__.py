"""Makes the files of spec/vectors: builds bytes by hand, right ones and wrong ones."""
