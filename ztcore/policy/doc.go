// Package policy is the IAM policy language: it builds, parses, compares, checks and evaluates policy documents, offline and without
// any AWS package.
//
//	policy.Allow("s3:GetObject").On(bucket.ARN() + "/*").When("Bool", "aws:SecureTransport", "true")
//	policy.Trust(policy.Service("ec2.amazonaws.com"))
//	policy.Parse(text)        // as AWS answers it, URL-encoded or not; every fault with its position
//	doc.Equal(other)          // the same meaning, however it is written
//	doc.Lint(policy.SCP)      // what AWS would refuse, and what is a mistake
//	policy.Evaluate(req, all) // allowed, denied or undecided, and by which statement
//	doc.KeepsAccess(…)        // whether a principal could still change this policy back
//
// A Document is a value. Its strings may hold the engine's tokens, {{zt:…}}, for what is known later; they are opaque
// here and survive every operation byte for byte.
package policy
