// Package id gives the identifiers of AWS's objects a type each, so that a subnet's id is not passed where a VPC's is
// wanted. All are strings: a literal is as good as what a resource's method returns, and before the object exists
// that is a token which the engine replaces when it is known.
package id

// ARN is an Amazon Resource Name of any kind. A more specific one converts to it: id.ARN(role.ARN()).
type ARN string

// Identifiers of IAM.
type (
	RoleARN            ARN    // arn:aws:iam::123456789012:role/Name
	UserARN            ARN    // arn:aws:iam::123456789012:user/Name
	PolicyARN          ARN    // arn:aws:iam::aws:policy/ReadOnlyAccess, or the account's own
	InstanceProfileARN ARN    // arn:aws:iam::123456789012:instance-profile/Name
	RoleName           string // the name alone, which the IAM API asks for
	UserName           string
)

// Identifiers of EC2.
type (
	VPC             string // vpc-0123456789abcdef0
	Subnet          string // subnet-…
	SecurityGroup   string // sg-…
	RouteTable      string // rtb-…
	InternetGateway string // igw-…
	NATGateway      string // nat-…
	NetworkACL      string // acl-…
	VPCEndpoint     string // vpce-…
	FlowLog         string // fl-…
	PrefixList      string // pl-…
	CustomerGateway string // cgw-…
	VPNGateway      string // vgw-…
	VPNConnection   string // vpn-…
)

// Identifiers of the services that protect data.
type (
	KeyARN    ARN    // arn:aws:kms:us-east-1:123456789012:key/…
	BucketARN = ARN  // arn:aws:s3:::name; plain, since it is mostly used with an object's path appended
	Bucket    string // the name
	SecretARN ARN    // arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf
)

// Identifiers of the services that watch.
type (
	TrailARN    ARN    // arn:aws:cloudtrail:us-east-1:123456789012:trail/name
	LogGroupARN ARN    // arn:aws:logs:us-east-1:123456789012:log-group:name, without ":*"
	LogGroup    string // the name
	TopicARN    ARN    // arn:aws:sns:us-east-1:123456789012:name
	AlarmARN    ARN    // arn:aws:cloudwatch:us-east-1:123456789012:alarm:name
	RuleARN     ARN    // arn:aws:events:us-east-1:123456789012:rule/name
	ScheduleARN ARN    // arn:aws:scheduler:us-east-1:123456789012:schedule/group/name
	QueueARN    ARN    // arn:aws:sqs:us-east-1:123456789012:name
	HubARN      ARN    // arn:aws:securityhub:us-east-1:123456789012:hub/default
	Detector    string // 32 hexadecimal digits
)

// Identifiers of Organizations.
type (
	OrganizationTarget string // what a policy is attached to: r-ab12 (the root), ou-ab12-11112222 or an account's 12 digits
	OrganizationPolicy string // p-…
)

// Identifiers of the services in front of applications.
type (
	UserPool       string // us-east-1_AbCdEfGhI
	UserPoolARN    ARN    // arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEfGhI
	UserPoolClient string // 26 letters and digits
	RestAPI        string // 10 letters and digits
	StageARN       ARN    // arn:aws:apigateway:us-east-1::/restapis/a1b2c3d4e5/stages/prod
	VPCLink        string // 6 letters and digits
	Instance       string // i-…
)

// Identifiers of the services that govern.
type (
	WorkloadARN ARN // arn:aws:wellarchitected:us-east-1:123456789012:workload/32 hexadecimal digits
)

// Identifiers of the services that keep machines.
type (
	PatchBaseline  string // pb-…
	Document       string // the name of a document of Systems Manager
	Association    string // a UUID
	LaunchTemplate string // lt-…
)
