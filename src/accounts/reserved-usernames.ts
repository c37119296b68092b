/** Names a stranger could use to pass for the service, its staff or one of its addresses. */
export const reservedUsernames: readonly string[] = [
  // Who runs it
  'admin admins administrator administrators root superuser sysadmin sysop operator owner webadmin',
  'moderator moderators staff team official support helpdesk help security trust safety compliance',
  'contact about press media legal privacy terms billing payment payments finance accounts',
  // Mailboxes that speak for a domain (RFC 2142), and those mail programs use
  'abuse hostmaster postmaster webmaster noc info marketing sales usenet news uucp ftp www',
  'mailerdaemon mail email bounce bounces noreply donotreply newsletter list listserv majordomo',
  // Mailboxes that can obtain a certificate or configure mail programs for a domain
  'ssladmin ssladministrator sslwebmaster sysadministrator itsupport autoconfig autodiscover wpad isatap',
  // Hosts
  'api app apps assets auth blog cdn cloud dashboard dev dns docs files forum git gateway host imap',
  'localhost localdomain mobile ns1 ns2 openid oauth oidc pop pop3 portal proxy public saml server',
  'service services smtp ssh sso staging static status store system vpn web wiki wellknown',
  // Pages, of this service and of nearly any other
  'account activity approve awaiting callback captcha change check checkemail close confirm create',
  'delete developer download edit error export favicon forgot forgotpassword healthz home import index',
  'internal invite invitation invitations invites join language login logout metrics notifications',
  'passkey passkeys password passwords permissions policy profile readyz recovery register registration',
  'reset resetpassword robots search session sessions settings setup signin signout signup sitemap',
  'token tokens twofactor unsubscribe update upload username usernames users verify verification welcome',
  // Words that stand for nobody, or for everybody
  'all anonymous anybody anyone client deleted everybody everyone false guest guests here member members',
  'myself nobody none null other self somebody someone true undefined unknown visitor',
].flatMap((line) => line.split(' '))
