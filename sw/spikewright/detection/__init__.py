"""Objects before an event camera: files of boxes, a detector of moving shapes, its precision."""
