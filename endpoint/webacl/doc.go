// Package webacl declares AWS WAF: web ACLs with typed rules, the addresses that these refer to, what they protect, and where
// requests are logged.
//
//	requests := monitoring.LogGroup{Name: "aws-waf-logs-main"} // WAF takes no name that begins otherwise
//	acl := webacl.WebACL{
//		Name:     "MyWebACL",
//		Protects: []id.ARN{"arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188"}, // there already
//		LogTo:    id.ARN(requests.ARN()),
//	}
//	plan, err := ztcore.NewBaseline("edge", requests, acl).Plan(ctx, cfg)
//
// A web ACL with no more than a name has the rules of DefaultRules: AWS's managed groups for what every web application meets, a
// limit for each address, and BlockSQLInjection, which looks at the body, the query string, the path, the headers and the cookies, each
// decoded first. One match on the undecoded body, as many guides have it, is passed by whoever writes %27 for a quote.
//
//	guide step 20   WebACL, SQLInjection, ManagedRules, RateLimit, Addresses, IPSet, Association, Logging
//
// What has the scope CLOUDFRONT lives in us-east-1 and is refused elsewhere; a distribution names its web ACL itself.
//
// Left out are rule groups and regex pattern sets of one's own, CAPTCHA and challenges, and the managed groups for bots and account
// takeover, which need a configuration and cost extra. What others have set of these on a web ACL is kept when it is updated; what they have
// done to its rules shows in plans.
package webacl
