"""Where the shipped weights come from: data, teachers and licences, in every model card and in docs/licences.md."""
