enum StaticFilesPlaceholder {}
