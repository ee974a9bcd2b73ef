// Package ebs is the part of data protection that lives in EC2: the encryption of new volumes and the public sharing of
// snapshots. Both are settings of an account in a region.
//
//	baseline := ztcore.NewBaseline("ledger", key, ebs.EncryptionByDefault{Key: key.ARN()}, ebs.SnapshotBlockPublicAccess{})
//
// It is a package of its own because EC2 takes long to compile; package dataprotect has everything else.
package ebs

import "github.com/seed-08ecc977/zerotrust/ztcore"

// Kinds lists the package's kinds, for ztcore.Prune.
func Kinds() []ztcore.AnyKind { return []ztcore.AnyKind{encryption, snapshotBlock} }
