"""Generated problem families: data and small composers, without a download and without a teacher."""
