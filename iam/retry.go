package iam

import "github.com/seed-08ecc977/zerotrust/ztcore"

// What IAM refuses while a change is on its way through it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
var (
	// freshPrincipal is the refusal of a document that names a principal made seconds ago.
	freshPrincipal = ztcore.Retry{Code: "MalformedPolicyDocument", Message: "Invalid principal"}
	// stillHeld is the refusal to delete what was detached seconds ago.
	stillHeld = ztcore.Retry{Code: "DeleteConflict"}
	// unsettled is the refusal to touch a user that was made or changed seconds ago.
	unsettled = ztcore.Retry{Code: "EntityTemporarilyUnmodifiable"}
)
