// Package configrules declares AWS Config: the recorder that writes down how each resource is configured, where that is
// delivered, and the rules that it is held to.
//
//	recorder := configrules.Recorder{Role: role.ARN(), Bucket: bucket.Delivery(), Key: key.ARN()}
//	check    := configrules.Rule{
//		Name: "s3-bucket-encryption-check", Managed: "S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED", After: []string{recorder.Started()},
//	}
//	plan, err := ztcore.NewBaseline("config", recorder, check).Plan(ctx, cfg)
//
// or all at once, with a bucket, a key, a role and the rules of Baseline: configrules.Preset{Name: "acme"}.
//
//	guide   resource
//	43      Rule, and what it can't do without: Recorder, which is the recorder, the delivery channel, and that it records
//	+       Baseline: the managed rules behind the AWS Foundational Security Best Practices and the CIS benchmark
//	+       Aggregator, Compliance
//
// A region has one recorder and one delivery channel. Those that exist are taken over under whatever name they have, with what
// differs in the plan. Control Tower's are not: it would change them back. Observe such a recorder (ztcore.Observe), or leave it
// out; rules do with it as well.
//
// Left out: rules of Lambda, conformance packs, remediation, rules of the organization.
package configrules
