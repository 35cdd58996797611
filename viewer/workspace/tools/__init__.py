"""What a drag or a click of each tool means, as pure functions over viewport state."""
