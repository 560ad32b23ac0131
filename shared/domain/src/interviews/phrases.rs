//! What an agent says by itself, and the few things it listens for, in the 32 languages of the seed.

/// An agent's own words in one language.
#[derive(Debug)]
pub struct Phrases {
    /// Asks for more after a thin answer.
    pub more: &'static str,
    /// Asks again, gently, after an evasive answer.
    pub anything: &'static str,
    /// Says that nothing arrived.
    pub nothing: &'static str,
    /// Comes before a question that is asked again.
    pub again: &'static str,
    /// Ends the interview.
    pub closing: &'static str,
    /// The expert wants to hear the question again.
    pub repeat_cues: &'static [&'static str],
    /// The expert has no answer or gives none.
    pub evasive_cues: &'static [&'static str],
}

macro_rules! languages {
    ($($code:literal: $more:literal, $anything:literal, $nothing:literal, $again:literal, $closing:literal, [$($repeat:literal),+], [$($evasive:literal),+];)+) => {
        /// Codes of the languages an agent may have, in the order of the seed.
        pub const LANGUAGES: &[&str] = &[$($code),+];

        /// The words of a language; English for a code that is none of [`LANGUAGES`].
        pub fn of(language: &str) -> &'static Phrases {
            static ALL: [(&str, Phrases); LANGUAGES.len()] = [$(($code, Phrases {
                more: $more, anything: $anything, nothing: $nothing, again: $again, closing: $closing,
                repeat_cues: &[$($repeat),+], evasive_cues: &[$($evasive),+],
            })),+];
            let [(_, english), ..] = &ALL;
            ALL.iter().find(|(code, _)| *code == language).map_or(english, |(_, phrases)| phrases)
        }
    };
}

languages! {
    "en": "Could you tell me a little more about that, perhaps with an example?",
        "Is there anything from your own experience that you can share about it, even roughly?",
        "I did not receive an answer. Would you like to say something about this question?",
        "Of course. The question was:",
        "Thank you. Those were all my questions. I appreciate your time.",
        ["repeat", "say that again", "say it again", "come again", "what was the question", "once more please", "pardon"],
        ["i don't know", "i dont know", "i do not know", "no idea", "no comment", "not sure", "can't say", "cannot say", "i'd rather not", "i would rather not", "it depends", "hard to say", "pass"];
    "es": "¿Podría contarme un poco más, quizá con un ejemplo?",
        "¿Hay algo de su propia experiencia que pueda compartir, aunque sea aproximado?",
        "No he recibido ninguna respuesta. ¿Quiere decir algo sobre esta pregunta?",
        "Claro. La pregunta era:",
        "Gracias. Esas eran todas mis preguntas. Le agradezco su tiempo.",
        ["repetir", "repita", "repite", "otra vez por favor", "cual era la pregunta"],
        ["no lo se", "no se", "ni idea", "sin comentarios", "prefiero no", "depende", "no estoy seguro", "no estoy segura"];
    "fr": "Pourriez-vous m'en dire un peu plus, peut-être avec un exemple ?",
        "Y a-t-il quelque chose de votre expérience que vous pourriez partager, même approximativement ?",
        "Je n'ai pas reçu de réponse. Souhaitez-vous dire quelque chose sur cette question ?",
        "Bien sûr. La question était :",
        "Merci. C'étaient toutes mes questions. Merci pour votre temps.",
        ["repeter", "repetez", "quelle etait la question", "redire", "pardon"],
        ["je ne sais pas", "je sais pas", "aucune idee", "sans commentaire", "je prefere ne pas", "ca depend", "pas sur"];
    "de": "Könnten Sie etwas mehr dazu sagen, vielleicht mit einem Beispiel?",
        "Gibt es etwas aus Ihrer eigenen Erfahrung, das Sie dazu sagen können, auch ungefähr?",
        "Ich habe keine Antwort erhalten. Möchten Sie etwas zu dieser Frage sagen?",
        "Gern. Die Frage war:",
        "Vielen Dank. Das waren alle meine Fragen. Danke für Ihre Zeit.",
        ["wiederhol", "noch einmal bitte", "nochmal bitte", "was war die frage", "wie bitte"],
        ["ich weiss nicht", "ich weiss es nicht", "weiss nicht", "keine ahnung", "kein kommentar", "mochte ich nicht", "kommt darauf an", "kann ich nicht sagen"];
    "it": "Potrebbe dirmi qualcosa di più, magari con un esempio?",
        "C'è qualcosa della sua esperienza che può condividere, anche in modo approssimativo?",
        "Non ho ricevuto una risposta. Vuole dire qualcosa su questa domanda?",
        "Certo. La domanda era:",
        "Grazie. Queste erano tutte le mie domande. La ringrazio per il suo tempo.",
        ["ripetere", "ripeta", "ripeti", "qual era la domanda"],
        ["non lo so", "non so", "nessuna idea", "no comment", "preferisco non", "dipende", "non saprei"];
    "pt": "Poderia contar um pouco mais sobre isso, talvez com um exemplo?",
        "Há algo da sua própria experiência que possa partilhar, mesmo que aproximado?",
        "Não recebi uma resposta. Gostaria de dizer algo sobre esta pergunta?",
        "Claro. A pergunta era:",
        "Obrigado. Essas eram todas as minhas perguntas. Agradeço o seu tempo.",
        ["repetir", "repita", "repete", "qual era a pergunta"],
        ["nao sei", "nao faco ideia", "sem comentarios", "prefiro nao", "depende", "nao tenho certeza"];
    "pl": "Czy mógłby Pan lub mogłaby Pani powiedzieć o tym trochę więcej, może na przykładzie?",
        "Czy jest coś z własnego doświadczenia, czym można się podzielić, choćby w przybliżeniu?",
        "Nie otrzymałem odpowiedzi. Czy chce Pan lub Pani powiedzieć coś na to pytanie?",
        "Oczywiście. Pytanie brzmiało:",
        "Dziękuję. To były wszystkie moje pytania. Dziękuję za poświęcony czas.",
        ["powtorz", "jeszcze raz prosze", "jakie bylo pytanie"],
        ["nie wiem", "nie mam pojecia", "bez komentarza", "wole nie", "to zalezy", "trudno powiedziec"];
    "hi": "क्या आप इसके बारे में थोड़ा और बता सकते हैं, शायद एक उदाहरण के साथ?",
        "क्या आपके अपने अनुभव से कुछ है जो आप बता सकें, भले ही मोटे तौर पर?",
        "मुझे कोई उत्तर नहीं मिला। क्या आप इस प्रश्न के बारे में कुछ कहना चाहेंगे?",
        "ज़रूर। प्रश्न यह था:",
        "धन्यवाद। मेरे सभी प्रश्न पूरे हुए। आपके समय के लिए आभार।",
        ["दोहर", "फिर से कह", "सवाल क्या था"],
        ["मुझे नहीं पता", "पता नहीं", "कह नहीं सकत"];
    "zh": "您能再详细说一说吗？最好举个例子。",
        "您自己的经历中有什么可以分享的吗？大概说说也可以。",
        "我没有收到回答。您想就这个问题说些什么吗？",
        "好的。问题是：",
        "谢谢您。我的问题都问完了，感谢您抽出时间。",
        ["再说一遍", "重复", "请再说", "问题是什么"],
        ["不知道", "不清楚", "无可奉告", "不方便说", "看情况", "不好说"];
    "ko": "그 점에 대해 예를 들어 조금 더 말씀해 주시겠어요?",
        "대략적이라도 본인의 경험에서 말씀해 주실 수 있는 것이 있을까요?",
        "답변을 받지 못했습니다. 이 질문에 대해 말씀해 주시겠어요?",
        "물론입니다. 질문은 다음과 같습니다:",
        "감사합니다. 질문은 이것으로 모두 마치겠습니다. 시간을 내주셔서 감사합니다.",
        ["다시 말씀", "다시 한번", "반복", "질문이 뭐"],
        ["모르겠", "모릅니다", "잘 몰라", "노코멘트", "말씀드리기 어렵"];
    "ru": "Не могли бы вы рассказать об этом чуть подробнее, может быть, на примере?",
        "Есть ли что-то из вашего опыта, чем вы могли бы поделиться, хотя бы приблизительно?",
        "Я не получил ответа. Хотите что-нибудь сказать по этому вопросу?",
        "Конечно. Вопрос был такой:",
        "Спасибо. Это были все мои вопросы. Благодарю за уделённое время.",
        ["повторит", "еще раз", "какой был вопрос"],
        ["не знаю", "понятия не имею", "без комментариев", "не могу сказать", "зависит", "трудно сказать"];
    "nl": "Kunt u daar iets meer over vertellen, misschien met een voorbeeld?",
        "Is er iets uit uw eigen ervaring dat u kunt delen, ook al is het bij benadering?",
        "Ik heb geen antwoord ontvangen. Wilt u iets zeggen over deze vraag?",
        "Natuurlijk. De vraag was:",
        "Dank u wel. Dat waren al mijn vragen. Bedankt voor uw tijd.",
        ["herhal", "nog een keer", "wat was de vraag"],
        ["weet ik niet", "ik weet het niet", "geen idee", "geen commentaar", "liever niet", "hangt ervan af", "dat hangt er"];
    "tr": "Bunu biraz daha anlatabilir misiniz, belki bir örnekle?",
        "Yaklaşık da olsa kendi deneyiminizden paylaşabileceğiniz bir şey var mı?",
        "Bir yanıt alamadım. Bu soru hakkında bir şey söylemek ister misiniz?",
        "Elbette. Soru şuydu:",
        "Teşekkür ederim. Sorularım bu kadardı. Zaman ayırdığınız için sağ olun.",
        ["tekrar eder", "tekrarlar", "soru neydi", "bir daha soyler"],
        ["bilmiyorum", "fikrim yok", "yorum yok", "soylemek istemiyorum"];
    "sv": "Kan du berätta lite mer om det, gärna med ett exempel?",
        "Finns det något ur din egen erfarenhet som du kan dela med dig av, även ungefärligt?",
        "Jag fick inget svar. Vill du säga något om den här frågan?",
        "Självklart. Frågan var:",
        "Tack. Det var alla mina frågor. Tack för din tid.",
        ["upprepa", "en gang till", "vad var fragan"],
        ["vet inte", "ingen aning", "ingen kommentar", "helst inte", "det beror pa"];
    "id": "Bisakah Anda menceritakan sedikit lebih banyak, mungkin dengan contoh?",
        "Adakah sesuatu dari pengalaman Anda sendiri yang bisa dibagikan, meskipun kira-kira?",
        "Saya tidak menerima jawaban. Apakah Anda ingin mengatakan sesuatu tentang pertanyaan ini?",
        "Tentu. Pertanyaannya adalah:",
        "Terima kasih. Itu semua pertanyaan saya. Terima kasih atas waktu Anda.",
        ["ulangi", "sekali lagi", "apa pertanyaannya"],
        ["tidak tahu", "tidak yakin", "tidak ada komentar", "tergantung"];
    "fil": "Maaari po ba kayong magkuwento pa tungkol diyan, marahil may halimbawa?",
        "Mayroon po ba kayong maibabahagi mula sa sariling karanasan, kahit tantiya lang?",
        "Wala po akong natanggap na sagot. Nais po ba ninyong magsalita tungkol sa tanong na ito?",
        "Siyempre po. Ang tanong ay:",
        "Salamat po. Iyon na po ang lahat ng aking tanong. Salamat sa inyong oras.",
        ["pakiulit", "ulitin", "ano ang tanong"],
        ["hindi ko alam", "ewan", "walang komento", "depende"];
    "ja": "もう少し詳しく、できれば例を挙げて教えていただけますか。",
        "おおよそで構いませんので、ご自身の経験から共有いただけることはありますか。",
        "回答を受け取れませんでした。この質問について何かお話しいただけますか。",
        "かしこまりました。質問は次のとおりです。",
        "ありがとうございました。質問は以上です。お時間をいただき感謝いたします。",
        ["もう一度", "もう一回", "繰り返", "質問は何"],
        ["わかりません", "分かりません", "わからない", "ノーコメント", "お答えできません", "場合による"];
    "uk": "Чи могли б ви розповісти про це трохи докладніше, можливо, на прикладі?",
        "Чи є щось із вашого досвіду, чим ви могли б поділитися, хоча б приблизно?",
        "Я не отримав відповіді. Бажаєте щось сказати щодо цього запитання?",
        "Звичайно. Запитання було таке:",
        "Дякую. Це були всі мої запитання. Дякую за ваш час.",
        ["повтор", "ще раз", "яке було питання", "яке було запитання"],
        ["не знаю", "без коментарів", "не можу сказати", "залежить", "важко сказати"];
    "el": "Θα μπορούσατε να μου πείτε λίγα περισσότερα, ίσως με ένα παράδειγμα;",
        "Υπάρχει κάτι από τη δική σας εμπειρία που μπορείτε να μοιραστείτε, έστω και κατά προσέγγιση;",
        "Δεν έλαβα απάντηση. Θέλετε να πείτε κάτι για αυτή την ερώτηση;",
        "Βεβαίως. Η ερώτηση ήταν:",
        "Ευχαριστώ. Αυτές ήταν όλες οι ερωτήσεις μου. Ευχαριστώ για τον χρόνο σας.",
        ["επαναλαβ", "ξαναπειτε", "ποια ηταν η ερωτηση"],
        ["δεν ξερω", "δεν γνωριζω", "ουδεν σχολιο", "εξαρταται"];
    "cs": "Mohli byste o tom říct trochu víc, třeba s příkladem?",
        "Je něco z vaší vlastní zkušenosti, o co se můžete podělit, třeba jen přibližně?",
        "Nedostal jsem odpověď. Chcete k této otázce něco říct?",
        "Jistě. Otázka zněla:",
        "Děkuji. To byly všechny mé otázky. Děkuji za váš čas.",
        ["zopak", "jeste jednou", "jaka byla otazka"],
        ["nevim", "netusim", "bez komentare", "radeji ne", "zalezi"];
    "fi": "Voisitteko kertoa siitä hieman enemmän, ehkä esimerkin avulla?",
        "Onko omassa kokemuksessanne jotain, mitä voisitte kertoa, edes suunnilleen?",
        "En saanut vastausta. Haluatteko sanoa jotain tästä kysymyksestä?",
        "Totta kai. Kysymys oli:",
        "Kiitos. Siinä olivat kaikki kysymykseni. Kiitos ajastanne.",
        ["toista", "uudestaan", "mika oli kysymys"],
        ["en tieda", "ei aavistustakaan", "ei kommenttia", "mieluummin en", "riippuu"];
    "ro": "Ați putea să-mi spuneți puțin mai mult, poate cu un exemplu?",
        "Există ceva din propria experiență pe care îl puteți împărtăși, chiar și aproximativ?",
        "Nu am primit un răspuns. Doriți să spuneți ceva despre această întrebare?",
        "Desigur. Întrebarea a fost:",
        "Vă mulțumesc. Acestea au fost toate întrebările mele. Vă mulțumesc pentru timp.",
        ["repeta", "inca o data", "care era intrebarea"],
        ["nu stiu", "habar n-am", "fara comentarii", "prefer sa nu", "depinde"];
    "da": "Kan du fortælle lidt mere om det, måske med et eksempel?",
        "Er der noget fra din egen erfaring, du kan dele, også selv om det er omtrentligt?",
        "Jeg modtog ikke noget svar. Vil du sige noget om dette spørgsmål?",
        "Selvfølgelig. Spørgsmålet var:",
        "Tak. Det var alle mine spørgsmål. Tak for din tid.",
        ["gentag", "en gang til", "hvad var sporgsmalet"],
        ["ved ikke", "ingen anelse", "ingen kommentar", "helst ikke", "det kommer an pa"];
    "bg": "Бихте ли разказали малко повече за това, може би с пример?",
        "Има ли нещо от собствения ви опит, което можете да споделите, дори приблизително?",
        "Не получих отговор. Искате ли да кажете нещо по този въпрос?",
        "Разбира се. Въпросът беше:",
        "Благодаря. Това бяха всичките ми въпроси. Благодаря за отделеното време.",
        ["повтор", "още веднъж", "какъв беше въпросът"],
        ["не знам", "нямам представа", "без коментар", "зависи"];
    "ms": "Bolehkah anda ceritakan sedikit lagi, mungkin dengan contoh?",
        "Adakah apa-apa daripada pengalaman anda sendiri yang boleh dikongsi, walaupun secara kasar?",
        "Saya tidak menerima jawapan. Adakah anda ingin berkata sesuatu tentang soalan ini?",
        "Sudah tentu. Soalannya ialah:",
        "Terima kasih. Itu semua soalan saya. Terima kasih atas masa anda.",
        ["ulang", "sekali lagi", "apa soalannya"],
        ["tidak tahu", "tak tahu", "tidak pasti", "tiada komen", "bergantung"];
    "sk": "Mohli by ste o tom povedať trochu viac, možno s príkladom?",
        "Je niečo z vašej vlastnej skúsenosti, o čo sa môžete podeliť, hoci len približne?",
        "Nedostal som odpoveď. Chcete k tejto otázke niečo povedať?",
        "Iste. Otázka znela:",
        "Ďakujem. To boli všetky moje otázky. Ďakujem za váš čas.",
        ["zopak", "este raz", "aka bola otazka"],
        ["neviem", "netusim", "bez komentara", "radsej nie", "zalezi"];
    "hr": "Možete li reći malo više o tome, možda uz primjer?",
        "Postoji li nešto iz vlastitog iskustva što možete podijeliti, makar približno?",
        "Nisam primio odgovor. Želite li nešto reći o ovom pitanju?",
        "Naravno. Pitanje je bilo:",
        "Hvala. To su bila sva moja pitanja. Hvala na vašem vremenu.",
        ["ponov", "jos jednom", "koje je bilo pitanje"],
        ["ne znam", "nemam pojma", "bez komentara", "radije ne", "ovisi"];
    "ar": "هل يمكنك أن تخبرني بالمزيد عن ذلك، ربما مع مثال؟",
        "هل هناك شيء من تجربتك الخاصة يمكنك مشاركته، ولو بشكل تقريبي؟",
        "لم أتلقَّ إجابة. هل تود أن تقول شيئًا عن هذا السؤال؟",
        "بالطبع. كان السؤال:",
        "شكرًا لك. كانت هذه كل أسئلتي. شكرًا على وقتك.",
        ["كرر", "اعد السؤال", "مرة اخرى", "ما هو السؤال"],
        ["لا اعرف", "لا ادري", "لا تعليق", "يعتمد"];
    "ta": "அதைப் பற்றி இன்னும் கொஞ்சம், ஒரு எடுத்துக்காட்டுடன் சொல்ல முடியுமா?",
        "தோராயமாக இருந்தாலும், உங்கள் சொந்த அனுபவத்திலிருந்து பகிரக்கூடியது ஏதாவது உள்ளதா?",
        "எனக்குப் பதில் கிடைக்கவில்லை. இந்தக் கேள்வி பற்றி ஏதாவது சொல்ல விரும்புகிறீர்களா?",
        "நிச்சயமாக. கேள்வி இதுதான்:",
        "நன்றி. என் கேள்விகள் அனைத்தும் முடிந்தன. உங்கள் நேரத்திற்கு நன்றி.",
        ["மீண்டும்", "திரும்ப"],
        ["தெரியாது", "தெரியவில்லை"];
    "vi": "Ông/bà có thể nói thêm một chút về điều đó, có thể kèm ví dụ không?",
        "Có điều gì từ kinh nghiệm của chính ông/bà có thể chia sẻ, dù chỉ là ước chừng không?",
        "Tôi chưa nhận được câu trả lời. Ông/bà có muốn nói gì về câu hỏi này không?",
        "Tất nhiên. Câu hỏi là:",
        "Cảm ơn ông/bà. Đó là tất cả câu hỏi của tôi. Cảm ơn ông/bà đã dành thời gian.",
        ["nhac lai", "noi lai", "cau hoi la gi"],
        ["khong biet", "toi khong ro", "khong binh luan", "con tuy"];
    "hu": "Mondana erről egy kicsit többet, esetleg egy példával?",
        "Van valami a saját tapasztalatából, amit meg tud osztani, akár csak nagyjából?",
        "Nem kaptam választ. Szeretne valamit mondani erről a kérdésről?",
        "Természetesen. A kérdés ez volt:",
        "Köszönöm. Ez volt az összes kérdésem. Köszönöm az idejét.",
        ["ismetel", "megegyszer", "mi volt a kerdes"],
        ["nem tudom", "fogalmam sincs", "nincs megjegyzes", "inkabb nem", "attol fugg"];
    "no": "Kan du fortelle litt mer om det, kanskje med et eksempel?",
        "Er det noe fra din egen erfaring du kan dele, selv om det bare er omtrentlig?",
        "Jeg fikk ikke noe svar. Vil du si noe om dette spørsmålet?",
        "Selvfølgelig. Spørsmålet var:",
        "Takk. Det var alle spørsmålene mine. Takk for tiden din.",
        ["gjenta", "en gang til", "hva var sporsmalet"],
        ["vet ikke", "ingen anelse", "ingen kommentar", "helst ikke", "det kommer an pa"];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_words_of_its_own() {
        let closings: std::collections::BTreeSet<&str> =
            LANGUAGES.iter().map(|language| of(language).closing).collect();
        assert_eq!((LANGUAGES.len(), closings.len()), (32, 32));
        assert_eq!(of("tlh").closing, of("en").closing);
    }
}
