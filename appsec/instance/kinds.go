package instance

import "github.com/seed-08ecc977/zerotrust/ztcore"

// Kinds lists the package's kinds, for ztcore.Prune.
func Kinds() []ztcore.AnyKind { return []ztcore.AnyKind{instances} }
