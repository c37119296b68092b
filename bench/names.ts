// Names that people have, for made-up people: written as they write them, and in Latin letters where those differ.

/** A script, how many of a thousand people write in it, and their names; their addresses are under `domains`. */
export type Naming = { share: number; first: string[][]; last: string[][]; domains: string[] }

/** `花子:hanako 太郎:taro` */
const names = (text: string) => text.split(/\s+/).map((name) => name.split(':'))

const under = (country: string) => [`example.${country}`, `mail.example.${country}`]

const LATIN: Naming = {
  share: 640,
  first: names(
    `Aaron Abigail Ada Adrian Agnes Aisha Alba Albert Alejandra Alice Amara Amelia Amina Ana Anders Andrea Anita
     Anna Anton Antonio Arjun Arthur Astrid Aurora Axel Beatriz Benjamin Bianca Björn:bjorn Bruno Camila Carla
     Carlos Caroline Cecilia Charlotte Chiara Chloé:chloe Claire Clara Daniel Daniela David Diana Diego Dmitri
     Dorota Edgar Eduardo Elena Elias Elif Elisa Emil Emilia Emma Erik Esther Eva Fatima Felix Fernanda Filip
     Florence Francesca Frida Gabriel Georg Giulia Grace Greta Gustavo Hannah Hector Hedda Helena Henrik Hugo
     Ibrahim Ida Ines Ingrid Isabel Ivan Ivy Jakob James Jana Jasmin Javier Jean Joana Johan Jonas Josefine
     José:jose Julia Julien Kaja Karim Karin Kasia Katarina Kenji Kofi Kwame Lara Lars Laura Layla Lea Leo Leonie
     Lina Linh Louis Lucas Lucía:lucia Luis Luka Maja Malik Manuel Marcus Margaret Maria Marta Martin Mateo Matilda
     Maya Mehmet Michael Miguel Mina Mira Mohammed Nadia Naomi Nathan Nia Nicolas Nina Noah Nora Olga Olivia Omar
     Oscar Pablo Paula Pavel Pedro Petra Philip Priya Rachel Rafael Ravi Rebecca Rosa Ruth Samir Samuel Sandra
     Santiago Sara Sebastian Selma Sibusiso Sofia Stefan Susanne Tamara Teresa Theo Thomas Tiago Tove Ulrike Valentina
     Vera Victor Viktoria Wanda Wendy William Xavier Yara Yasmin Youssef Yusuf Zainab Zofia Zoë:zoe`,
  ),
  last: names(
    `Abbott Acheampong Adams Adeyemi Aguilar Ahmed Almeida Alonso Andersson Araujo Bakker Balogun Banerjee Barbosa
     Barros Bauer Becker Bergström:bergstrom Bernard Bianchi Bjerke Blanc Bosch Brandt Brown Byrne Cabrera Campbell
     Cardoso Castro Chaudhary Chukwu Clark Colombo Conti Costa Cruz Dahl Davies Delgado Demir Deshmukh Diallo Diaz
     Dlamini Dubois Duarte Duran Edwards Eriksen Esposito Evans Farouk Fernandes Ferrari Fischer Fitzgerald Fontaine
     Fraser Freitas Fuentes Gallo Garcia Gauthier Gomes González:gonzalez Graham Greco Gruber Guerrero Gupta Haddad
     Hansen Harris Hartmann Hassan Haugen Hernandez Hoffmann Holm Horvat Hughes Iyer Jackson Jansen Jensen Johansson
     Jones Joshi Kamau Kapoor Karlsson Kaya Keller Kelly Kowalski Kozlov Kraus Kumar Lambert Larsen Lefebvre Lehmann
     Lewandowski Lima Lindgren Lombardi Lopez Lund Machado Mancini Marino Marques Martinez Mbeki Medina Mehta Mendes
     Meyer Miller Molina Moreau Moreno Morris Moyo Müller:muller Murphy Mwangi Nagy Navarro Ndiaye Neumann Nguyen
     Nielsen Novak Nowak Nunes Nwosu Oduya Okafor Oliveira Olsen Ortega Osei Owusu Papadakis Pascual Patel Pereira
     Peters Petersen Pham Pinto Popescu Quispe Ramirez Ramos Rasmussen Reyes Ribeiro Ricci Rivera Robinson Rocha
     Romero Rossi Roux Ruiz Russo Salazar Santos Schmidt Schneider Schulz Serrano Sharma Silva Simmons Singh Smith
     Soares Solberg Sousa Suarez Svensson Szabo Tanaka Taylor Teixeira Thompson Torres Tran Turner Urquhart Vargas
     Vasquez Vega Verma Vidal Villa Visser Vogel Wagner Walker Wang Weber Williams Winter Wolff Wright Yamamoto
     Yilmaz Young Zapata Zhang Ziegler`,
  ),
  domains:
    `example.org mail.example.org post.example.org example.com mail.example.com web.example.com example.net
    inbox.example.net uni.example work.example`.split(/\s+/),
}

const CYRILLIC: Naming = {
  share: 80,
  first: names(
    `Анна:anna Борис:boris Вера:vera Галина:galina Дмитрий:dmitrii Елена:yelena Иван:ivan Ирина:irina
     Константин:konstantin Людмила:lyudmila Мария:mariya Наталья:natalya Олег:oleg Павел:pavel Светлана:svetlana
     Тимур:timur Юлия:yuliya Ярослав:yaroslav`,
  ),
  last: names(
    `Белый:belyi Волков:volkov Гончар:gonchar Зайцев:zaitsev Ильин:ilyin Кузнец:kuznets Лебедь:lebed Мороз:moroz
     Никитин:nikitin Павлюк:pavlyuk Соболь:sobol Тарасюк:tarasyuk Федорчук:fedorchuk Шевчук:shevchuk Яковчук:yakovchuk`,
  ),
  domains: under('ua'),
}

const ARABIC: Naming = {
  share: 60,
  first: names(
    `أحمد:ahmad أمل:amal بشير:bashir جميل:jamil حسن:hasan خالد:khalid ريم:reem زينب:zaynab سارة:sarah سمير:sameer
     طارق:tariq عمر:umar فاطمة:fatimah كريم:kareem ليلى:laylaa محمد:muhammad نور:noor ياسمين:yasmeen`,
  ),
  last: names(
    `الأمين:alamin الحداد:alhaddad الخطيب:alkhatib الرشيد:alrashid الزهراني:alzahrani السعيد:alsaid الشامي:alshami
     الصباغ:alsabbagh الطيب:altayyib العلي:alali القاسم:alqasim المصري:almasri النجار:alnajjar اليوسف:alyusuf`,
  ),
  domains: under('eg'),
}

const CHINESE: Naming = {
  share: 60,
  first: names(
    `丽:lijun 伟:weiming 芳:fangfang 娜:nana 敏:minmin 静:jing 强:qiang 磊:lei 洋:yang 艳:yan 勇:yong 杰:jie 涛:tao
     明:ming 超:chao 秀英:xiuying 志强:zhiqiang 建国:jianguo`,
  ),
  last: names(
    `王:wong 李:lee 张:chang 刘:liu 陈:chen 杨:yeung 黄:huang 赵:zhao 吴:wu 周:zhou 徐:xu 孙:sun 马:ma 朱:zhu 胡:hu
     郭:guo 何:he 林:lin 高:gao 罗:luo`,
  ),
  domains: under('cn'),
}

const JAPANESE: Naming = {
  share: 50,
  first: names(
    `花子:hanako 太郎:taro さくら:sakura ゆい:yui 健太:kenta 翔:sho 大輔:daisuke 美咲:misaki 直樹:naoki 真由美:mayumi
     結衣:yuina 陽菜:hina 蓮:ren 湊:minato 悠真:yuma ひかり:hikari`,
  ),
  last: names(
    `佐藤:sato 鈴木:suzuki 高橋:takahashi 田中:tanakaa 伊藤:ito 渡辺:watanabe 山本:yamamotoo 中村:nakamura 小林:kobayashi
     加藤:kato 吉田:yoshida 山田:yamada 佐々木:sasaki 松本:matsumoto 井上:inoue 木村:kimura`,
  ),
  domains: under('jp'),
}

const KOREAN: Naming = {
  share: 40,
  first: names(
    `민준:minjun 서연:seoyeon 도윤:doyun 지우:jiwoo 하은:haeun 시우:siwoo 수아:sua 지호:jiho 예은:yeeun 준서:junseo
     유진:yujin 현우:hyunwoo 다은:daeun 은지:eunji`,
  ),
  last: names(
    `김:kim 이:yi 박:park 최:choi 정:jung 강:kang 조:cho 윤:yoon 장:jang 임:lim 한:han 오:oh 서:seo 신:shin`,
  ),
  domains: under('kr'),
}

const DEVANAGARI: Naming = {
  share: 40,
  first: names(
    `अजय:ajay अनीता:anitaa अर्जुन:arjuna दीपक:deepak गीता:geeta कविता:kavita मोहन:mohan नेहा:neha पूजा:pooja राहुल:rahul
     रवि:ravii संजय:sanjay सुनीता:sunita विजय:vijay`,
  ),
  last: names(
    `शर्मा:sharmaa गुप्ता:guptaa वर्मा:vermaa सिंह:sinha यादव:yadav पटेल:patil मिश्रा:mishra जोशी:joshee कुमार:kumaar
     चौहान:chauhan तिवारी:tiwari नायर:nayar`,
  ),
  domains: under('in'),
}

const GREEK: Naming = {
  share: 30,
  first: names(
    `Αθηνά:athina Γεωργία:yeoryia Δήμητρα:dimitra Ειρήνη:irini Ελένη:eleni Ζωή:zoi Κατερίνα:katerina Μαρία:mariaa
     Ουρανία:ourania Σοφία:sofiaa Χριστίνα:christina Φωτεινή:fotini`,
  ),
  last: names(
    `Αντωνίου:antoniou Βασιλείου:vasileiou Γεωργίου:georgiou Δημητρίου:dimitriou Ιωάννου:ioannou Καραγιάννη:karagianni
     Νικολάου:nikolaou Οικονόμου:oikonomou Παπαδάκη:papadaki Φωτίου:fotiou`,
  ),
  domains: under('gr'),
}

/** As the world writes, roughly. */
export const NAMINGS = [LATIN, CYRILLIC, ARABIC, CHINESE, JAPANESE, KOREAN, DEVANAGARI, GREEK]
