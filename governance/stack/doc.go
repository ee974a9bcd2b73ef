// Package stack declares CloudFormation stacks: for what is kept as a template, and has to be planned with all the rest.
//
//	secure := stack.SecureBucket{Name: "my-secure-bucket"}
//	s      := stack.Stack{Name: "SecureS3BucketStack", Template: secure.Template().JSON()}
//	plan, err := ztcore.NewBaseline("stacks", s).Plan(ctx, cfg)
//
//	guide   resource
//	42      Stack, with the template of SecureBucket; DetectDrift
//
// A stack is made and updated by change sets. One whose creation was rolled back is deleted and made again; one whose update
// could not be rolled back is an error that says what to do. A stack is protected against termination, and holds data: it is
// removed only when AllowDelete names it. A template is checked before any call: its form, its size, its sections, and whether
// it may make identities.
//
// What is not kept as a template is better declared with the other packages, whose plans show every attribute.
// Left out: nested stacks, stack sets, imports, templates in YAML or in a bucket.
package stack
