"""What runs the course, apart from what practises its craft: claims and exercises of the notebooks,
the tables of the studies, and storing and handing out the notebooks themselves."""
