enum UpstreamsPlaceholder {}
