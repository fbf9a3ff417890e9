"""Names people from small faces in camera streams, recordings and photographs."""
