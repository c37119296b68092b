/** Well-known services that hand out an address for ten minutes. A hint and no rule: `BLOCKED_EMAIL_DOMAINS` refuses. */
const domains = new Set(
  `0-mail.com 10minutemail.com 10minutemail.net 20minutemail.com 33mail.com anonaddy.me burnermail.io
  byom.de discard.email discardmail.com discardmail.de dispostable.com dropmail.me email-fake.com
  emailondeck.com fakeinbox.com fakemail.net getairmail.com getnada.com grr.la guerrillamail.biz
  guerrillamail.com guerrillamail.de guerrillamail.info guerrillamail.net guerrillamail.org
  guerrillamailblock.com harakirimail.com inboxbear.com inboxkitten.com jetable.org mail-temp.com
  mail.tm mailcatch.com maildrop.cc mailexpire.com mailinator.com mailinator.net mailnesia.com
  mailnull.com mailpoof.com mailsac.com mailtemp.net minuteinbox.com mintemail.com moakt.com
  mohmal.com mytemp.email mytrashmail.com nada.email owlymail.com pokemail.net sharklasers.com
  spam4.me spambog.com spambox.us spamgourmet.com spamex.com temp-mail.io temp-mail.org
  tempail.com tempinbox.com tempmail.com tempmail.net tempmailo.com tempr.email throwawaymail.com
  trash-mail.com trashmail.com trashmail.de trashmail.me trashmail.net wegwerfmail.de wegwerfmail.net
  yopmail.com yopmail.fr yopmail.net`.split(/\s+/),
)

/** Whether an address, by its key, is one of those, or below one. */
export function isThrowAway(emailKey: string): boolean {
  const labels = emailKey.replace(/.*@/, '').split('.')
  return labels.some((_, i) => domains.has(labels.slice(i).join('.')))
}
